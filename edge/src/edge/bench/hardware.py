"""The machine that is measured."""

import os

from edge.classifier import why_no_numpy


def device():
    """Describe the machine: processor, cores, memory, system, Python, NumPy and its BLAS."""
    import platform

    numpy = None
    if not why_no_numpy():
        import numpy

        from edge import network
    return {
        "processor": _processor() or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "megahertz": _megahertz(),
        "cache": _system_file("/sys/devices/system/cpu/cpu0/cache/index3/size")
        or _system_file("/sys/devices/system/cpu/cpu0/cache/index2/size"),
        "memory_megabytes": _memory_megabytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": numpy and numpy.__version__,
        "blas": numpy and _blas(numpy),
        "threads": network.processors() if numpy else 1,
    }


def _system_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0\n ")
    except OSError:
        return None


def _processor():
    information = _system_file("/proc/cpuinfo") or ""
    for line in information.splitlines():
        if line.lower().startswith(("model name", "hardware")):
            return line.split(":", 1)[1].strip()
    return _system_file("/proc/device-tree/model")


def _megahertz():
    kilohertz = _system_file("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")
    if kilohertz and kilohertz.isdecimal():
        return int(kilohertz) // 1000
    for line in (_system_file("/proc/cpuinfo") or "").splitlines():
        if line.startswith("cpu MHz"):
            return round(float(line.split(":", 1)[1]))
    return None


def _memory_megabytes():
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return None


def _blas(numpy):
    try:
        built_with = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built_with['name']} {built_with['version']}"
    except (KeyError, TypeError):  # before NumPy 1.25 the configuration could only be printed
        libraries = getattr(numpy.__config__, "blas_opt_info", {}).get("libraries", [])
        return ", ".join(dict.fromkeys(libraries)) or None
