"""Debian's userlands for other processors, unpacked once and run on this machine under qemu."""

import os
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import replacing

# By Debian's architecture: what qemu calls it, where its libraries are, and a Pi's processor,
# since qemu's own default has instructions that no Pi has.
ARCHITECTURES = {
    "amd64": ("x86_64", "x86_64-linux-gnu", "qemu64"),
    "arm64": ("aarch64", "aarch64-linux-gnu", "cortex-a72"),
    "armhf": ("arm", "arm-linux-gnueabihf", "cortex-a7"),
}
PACKAGES = "libc-bin,dash,coreutils,libstdc++6,python3,python3-numpy,python3-venv"
HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"

# $1: the userland, $2: what becomes its /mnt, $3: qemu's line for binfmt_misc, or nothing, $4: the
# commands. The namespaces are its own, so that nothing stays mounted or registered.
ENTER = """
mount -t tmpfs tmpfs "$1/tmp"
mount --rbind /dev "$1/dev"
mount --rbind /proc "$1/proc"
mount --bind "$2" "$1/mnt"
if [ "$3" ]; then
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat "$3" > /proc/sys/fs/binfmt_misc/register
fi
exec chroot "$1" sh -euxc "$4"
"""


def refuse(names):
    """Raise PipelineError where a name is no userland, or this machine cannot run one."""
    for name in names:
        release, _, architecture = name.partition("-")
        if not release.isalnum() or architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise PipelineError(
                f"{name}: no userland; name a release and one of {known}, by a dash"
            )
    if os.geteuid():
        raise PipelineError("no root, which unpacking userlands needs: run `sudo make pi`")
    found = {
        "mmdebstrap": shutil.which("mmdebstrap"),
        "qemu-user-static": all(path.exists() for path in map(qemu, names) if path),
    }
    missing = " ".join(package for package in found if not found[package])
    if missing:
        raise PipelineError(f"not found: {missing}; run `apt-get install {missing}`")


def qemu(name):
    """Give the file that tells the kernel to run a userland in qemu, None where it needs none."""
    machine = ARCHITECTURES[name.partition("-")[2]][0]
    if machine == os.uname().machine:
        return None
    return Path(f"/usr/lib/binfmt.d/qemu-{machine}.conf")


def unpack(name, root, log):
    """Unpack a userland's packages into `root`; none of their own scripts is run."""
    release, _, architecture = name.partition("-")
    with replacing(root) as temporary:
        # Mounts of its own: none may be left where the next run clears up after a killed one.
        command = ["unshare", "-m", "mmdebstrap", "--mode=root", "--format=directory"]
        command += ["--variant=extract", f"--arch={architecture}", f"--include={PACKAGES}"]
        command += ["--aptopt=APT::Install-Recommends false", f"--hook-dir={HOOKS}"]
        run([*command, release, temporary, debian_archive()], log)
        # What those scripts would have set up.
        for folder in ("dev", "proc", "tmp", "mnt", "etc/ssl/certs"):
            (temporary / folder).mkdir(parents=True, exist_ok=True)
        (temporary / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
        (temporary / "etc/ssl/certs/ca-certificates.crt").touch()
        for library in ("blas", "lapack"):
            link = temporary / "usr/lib" / ARCHITECTURES[architecture][1] / f"lib{library}.so.3"
            link.symlink_to(f"{library}/{link.name}")


def debian_archive():
    """Give the address of Debian's archive that this machine's apt uses, without its security's."""
    command = [
        "apt-get",
        "indextargets",
        "--format",
        "$(LABEL) $(REPO_URI)",
        "Created-By: Packages",
    ]
    for line in run(command, stdout=subprocess.PIPE).stdout.decode().splitlines():
        label, _, address = line.partition(" ")
        if label == "Debian":
            return address
    raise PipelineError("apt knows no archive of Debian's: run `apt-get update`, on Debian, first")


def enter(name, root, folder, commands, log, **environment):
    """Run shell commands in a userland, whose /mnt is `folder` and whose /tmp goes with them."""
    environment |= {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/tmp",
        "OPENBLAS_NUM_THREADS": "1",
        "QEMU_CPU": ARCHITECTURES[name.partition("-")[2]][2],
    }
    command = ["unshare", "-Urm", "sh", "-euc", ENTER, "sh", root, folder, qemu(name) or ""]
    run([*command, commands], log, env=environment)


def run(command, log=None, **options):
    """Run a program; raises PipelineError where it fails. What it says goes to `log`, if given."""
    if log:
        options |= {"stdout": log, "stderr": subprocess.STDOUT}
    done = subprocess.run([str(part) for part in command], check=False, **options)
    if done.returncode:
        what = " ".join(str(part) for part in command[:3])
        where = f"; see the end of {log.name}" if log else ""
        raise PipelineError(f"{what} … ended with status {done.returncode}{where}")
    return done
