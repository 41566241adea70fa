"""Debian's userlands for other processors, unpacked once and run on this machine under qemu."""

import os
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import replacing

# By Debian's architecture: its name in qemu, where its libraries are, and the processor of a Pi:
# qemu's own default has instructions that no Pi has.
ARCHITECTURES = {
    "amd64": ("x86_64", "x86_64-linux-gnu", "qemu64"),
    "arm64": ("aarch64", "aarch64-linux-gnu", "cortex-a72"),
    "armhf": ("arm", "arm-linux-gnueabihf", "cortex-a7"),
}
PACKAGES = "libc-bin,dash,coreutils,libstdc++6,python3,python3-numpy,python3-venv"
# How qemu's package tells the kernel to run foreign programs.
BINFMT = Path("/usr/lib/binfmt.d")
HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"

# $1: the userland, $2: the folder for its /mnt, $3: qemu's line for binfmt_misc, or nothing,
# $4: the commands. The namespaces are its own, so that nothing stays mounted or registered.
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
    """Raise PipelineError if a name is not a userland, or if this machine cannot run one."""
    wanted = f"a release and one of {', '.join(ARCHITECTURES)}, joined by a dash"
    for name in names:
        release, _, architecture = name.partition("-")
        if not release.isalnum() or architecture not in ARCHITECTURES:
            raise PipelineError(f"{name}: not a userland; name {wanted}")
    if os.geteuid():
        raise PipelineError("not root, which unpacking userlands needs: run `sudo make pi`")
    found = {
        "mmdebstrap": shutil.which("mmdebstrap"),
        "qemu-user-static": all(path.exists() for path in map(qemu, names) if path),
    }
    missing = " ".join(package for package in found if not found[package])
    if missing:
        raise PipelineError(f"not found: {missing}; run `apt-get install {missing}`")


def qemu(name):
    """Return the file that has the kernel run a userland in qemu, or None if it runs without."""
    machine = ARCHITECTURES[name.partition("-")[2]][0]
    if machine == os.uname().machine:
        return None
    return BINFMT / f"qemu-{machine}.conf"


def unpack(name, root, log):
    """Unpack a userland's packages into the folder `root`, without running their scripts."""
    release, _, architecture = name.partition("-")
    with replacing(root) as temporary:
        # Mounts of its own: none may be left in a folder that the run after a killed one removes.
        command = ["unshare", "-m", "mmdebstrap", "--mode=root", "--format=directory"]
        command += ["--variant=extract", f"--arch={architecture}", f"--include={PACKAGES}"]
        command += ["--aptopt=APT::Install-Recommends false", f"--hook-dir={HOOKS}"]
        run([*command, release, temporary, debian_archive()], log)
        # The scripts of the packages would have set this up.
        for folder in ("dev", "proc", "tmp", "mnt", "etc/ssl/certs"):
            (temporary / folder).mkdir(parents=True, exist_ok=True)
        (temporary / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
        (temporary / "etc/ssl/certs/ca-certificates.crt").touch()
        for library in ("blas", "lapack"):
            link = temporary / "usr/lib" / ARCHITECTURES[architecture][1] / f"lib{library}.so.3"
            link.symlink_to(f"{library}/{link.name}")


def debian_archive():
    """Return the address of the Debian archive, not the security one, that apt uses here."""
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)"]
    command.append("Created-By: Packages")
    for line in run(command, stdout=subprocess.PIPE).stdout.decode().splitlines():
        label, _, address = line.partition(" ")
        if label == "Debian":
            return address
    raise PipelineError("apt knows no Debian archive: run `apt-get update`, on Debian, first")


def enter(name, root, folder, commands, log, **environment):
    """Run shell commands in a userland with `folder` as its /mnt and a /tmp that is removed."""
    environment |= {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/tmp",
        "OPENBLAS_NUM_THREADS": "1",
        "QEMU_CPU": ARCHITECTURES[name.partition("-")[2]][2],
    }
    command = ["unshare", "-Urm", "sh", "-euc", ENTER, "sh", root, folder, qemu(name) or ""]
    run([*command, commands], log, env=environment)


def run(command, log=None, **options):
    """Run a program and return what it has done; its output goes to `log`, if given.

    Raises PipelineError if it fails.
    """
    if log:
        options |= {"stdout": log, "stderr": subprocess.STDOUT}
    done = subprocess.run([str(part) for part in command], check=False, **options)
    if done.returncode:
        what = " ".join(str(part) for part in command[:3])
        where = f"; see the end of {log.name}" if log else ""
        raise PipelineError(f"{what} … ended with status {done.returncode}{where}")
    return done
