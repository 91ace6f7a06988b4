"""What this process paints on: the device, the memory that models may take there, and pictures to a forward pass.

DEVICE, MODEL_MEMORY_GB and BATCH_PICTURES in the environment decide; left empty, the machine does. torch is imported
where a GPU is asked about and nowhere else.
"""

import contextlib
import os
import platform
from pathlib import Path

from generation.pipelines.base import Kind

CPU = "cpu"
GB = 2**30
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
SHARE_OF_CPU, SHARE_OF_GPU = 0.5, 0.9
"""Of the memory, for weights: a machine without a GPU has other things to do with it."""
BATCH_ON_GPU, BATCH_OF_PAINTER = 8, 4


def choose() -> str:
    """DEVICE, or the first GPU, or the CPU."""
    named = os.environ.get("DEVICE", "")
    if named:
        return named
    import torch

    return "cuda" if torch.cuda.is_available() else CPU


def describe(device: str) -> str:
    """The device in words that a person can compare: the GPU's name, or the processor's kind."""
    if device.startswith("cuda"):
        import torch

        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"{device} {platform.machine()}"


def processor(device: str) -> str:
    """The instructions that decide the last bits of a sum: of the CPU, or the GPU's compute capability."""
    import torch

    if device.startswith("cuda"):
        return "sm_{}{}".format(*torch.cuda.get_device_capability(device))
    return str(torch.backends.cpu.get_cpu_capability())


def memory_bytes(device: str) -> int:
    """How much memory models may take: MODEL_MEMORY_GB, or a share of what there is, a container's limit included."""
    named = os.environ.get("MODEL_MEMORY_GB", "")
    if named:
        return int(float(named) * GB)
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[1] * SHARE_OF_GPU)
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit
        there = min(there, int(CGROUP_LIMIT.read_text()))
    return int(there * SHARE_OF_CPU)


def batch_pictures(kind: Kind, device: str) -> int:
    """How many pictures share a forward pass at most.

    On a CPU only the built-in painter's do: it keeps them equal, bit for bit, to those painted alone, and gains by
    it. Other models' matrix products round differently there, and have nothing to gain.
    """
    if kind in ("unclip", "unclip-variation"):
        return 1  # its steps are counted by hooks, one picture at a time
    named = os.environ.get("BATCH_PICTURES", "")
    if named:
        return max(1, int(named))
    if device.startswith("cuda"):
        return BATCH_ON_GPU
    return BATCH_OF_PAINTER if kind == "painter" else 1
