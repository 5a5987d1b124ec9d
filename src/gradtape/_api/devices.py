"""`tf.config`: which devices there are, and the switches that programs set at their start.

There is one physical device, the CPU. A question is answered for that machine; a switch that changes nothing here is
kept, so that asking gives back what was set; a request that only another machine could meet is refused with
TensorFlow's error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from gradtape._core.errors import InvalidArgumentError, UnimplementedError
from gradtape._runtime.random_state import require_seeds

__all__ = [
    "LogicalDevice", "LogicalDeviceConfiguration", "PhysicalDevice", "check_device_name", "enable_op_determinism",
    "enable_tensor_float_32_execution", "experimental_connect_to_cluster", "experimental_connect_to_host",
    "get_device_details", "get_device_policy", "get_experimental_options", "get_inter_op_parallelism_threads",
    "get_intra_op_parallelism_threads", "get_jit", "get_logical_device_configuration", "get_memory_growth",
    "get_memory_info", "get_memory_usage", "get_soft_device_placement", "get_synchronous_execution",
    "get_visible_devices", "list_logical_devices", "list_physical_devices", "reset_memory_stats", "set_device_policy",
    "set_experimental_options", "set_inter_op_parallelism_threads", "set_intra_op_parallelism_threads", "set_jit",
    "set_logical_device_configuration", "set_memory_growth", "set_soft_device_placement", "set_synchronous_execution",
    "set_visible_devices", "settings", "tensor_float_32_execution_enabled",
]  # fmt: skip


class PhysicalDevice(NamedTuple):
    """A device of this machine."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device as programs address it."""

    name: str
    device_type: str


class LogicalDeviceConfiguration(NamedTuple):
    """How a physical device is to be cut into logical ones."""

    memory_limit: Any = None
    experimental_priority: Any = None
    experimental_device_ordinal: Any = None


CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")
LOGICAL_CPU = LogicalDevice("/device:CPU:0", "CPU")


class _Settings:
    """What the switches were last set to. One object owns them all."""

    soft_placement = True
    inter_op_threads = 0
    intra_op_threads = 0
    jit = ""
    policy = "silent"
    synchronous = True
    tensor_float_32 = True
    logical: Sequence[LogicalDeviceConfiguration] | None = None

    def __init__(self) -> None:
        self.optimizer: dict[str, Any] = {"disable_meta_optimizer": False, "disable_model_pruning": False}


settings = _Settings()


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of this machine that gradtape computes on: the CPU.

    >>> tf.config.list_physical_devices()
    [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    >>> tf.config.list_physical_devices("GPU")
    []
    """
    return [CPU] if device_type in (None, "CPU") else []


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that `tf.device` can name: the CPU."""
    return [LOGICAL_CPU] if device_type in (None, "CPU") else []


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices that ops may use: all of them, since the CPU cannot be hidden."""
    return list_physical_devices(device_type)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Chooses among the devices. Hiding GPUs changes nothing; the CPU cannot be hidden.

    Raises ValueError for a device that is not there, RuntimeError for a choice without the CPU.
    """
    chosen = [devices] if isinstance(devices, PhysicalDevice) else list(devices or [])
    for d in chosen:
        _known(d)
        if device_type is not None and d.device_type != device_type:
            raise ValueError(f"tf.config.set_visible_devices: Unrecognized device: {d} for device_type {device_type!r}")
    if device_type in (None, "CPU") and CPU not in chosen:
        raise RuntimeError("tf.config.set_visible_devices: the CPU cannot be hidden; it is the only device there is.")


def _known(device: Any) -> None:
    if device != CPU:
        raise ValueError(
            f"Unrecognized device: {device!r}. There is one, {CPU}; tf.config.list_physical_devices() lists it."
        )


def get_soft_device_placement() -> bool:
    """Whether a device that is not there is silently replaced by the CPU; True at first."""
    return settings.soft_placement


def set_soft_device_placement(enabled: bool) -> None:
    """Whether `tf.device("/GPU:0")` means the CPU (True) or is an error."""
    settings.soft_placement = bool(enabled)


def get_logical_device_configuration(device: Any) -> Sequence[LogicalDeviceConfiguration] | None:
    """What `set_logical_device_configuration` was told, None at first. ValueError for a device that is not there."""
    _known(device)
    return settings.logical


def set_logical_device_configuration(device: Any, logical_devices: Sequence[LogicalDeviceConfiguration]) -> None:
    """Cuts a physical device into logical ones. The CPU stays one: several are refused with
    `tf.errors.UnimplementedError`."""
    _known(device)
    if len(logical_devices) > 1:
        raise UnimplementedError(
            None,
            None,
            f"tf.config.set_logical_device_configuration: {len(logical_devices)} logical CPUs asked for; gradtape "
            "computes on one.",
        )
    settings.logical = list(logical_devices)


def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any, job_name: str = "localhost", task_index: int = 0, protocol: str | None = None,
    make_master_device_default: bool = True, cluster_device_filters: Any = None,
) -> None:  # fmt: skip
    """Refused: gradtape computes on this machine only. Raises `tf.errors.UnimplementedError`."""
    raise UnimplementedError(
        None,
        None,
        f"tf.config.experimental_connect_to_cluster({cluster_spec_or_resolver!r}): there are no remote devices.",
    )


def experimental_connect_to_host(remote_host: Any = None, job_name: str = "worker") -> None:
    """Refused: gradtape computes on this machine only. Raises `tf.errors.UnimplementedError`."""
    raise UnimplementedError(
        None, None, f"tf.config.experimental_connect_to_host({remote_host!r}): there are no remote devices."
    )


# tf.config.experimental


def set_memory_growth(device: Any, enable: bool) -> None:
    """Whether a GPU's memory is taken as needed. Raises ValueError, as for any device that is not a GPU; there is
    none."""
    _known(device)
    raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


def get_memory_growth(device: Any) -> bool:
    """Raises ValueError: there is no GPU to ask about."""
    _known(device)
    raise ValueError("tf.config.experimental.get_memory_growth: memory growth is a setting of GPUs, and there is none.")


def get_memory_info(device: str) -> dict[str, int]:
    """``{"current": 0, "peak": 0}`` for the CPU, whose memory is not counted per device, as in TensorFlow. ValueError
    for another."""
    _only_cpu(device)
    return {"current": 0, "peak": 0}


def get_memory_usage(device: str) -> int:
    """0 for the CPU; ValueError for another device."""
    _only_cpu(device)
    return 0


def reset_memory_stats(device: str) -> None:
    """Nothing for the CPU; ValueError for another device."""
    _only_cpu(device)


def _only_cpu(device: str) -> None:
    kind, index = _parse(str(device))
    if kind not in (None, "CPU") or index not in (None, 0):
        raise ValueError(f"No matching devices found for '{device}'")


def get_device_details(device: Any) -> dict[str, Any]:
    """An empty dict for the CPU; ValueError for a device that is not there."""
    _known(device)
    return {}


def get_device_policy() -> str:
    """How ops take inputs from other devices; there are none. "silent" at first."""
    return settings.policy


def set_device_policy(device_policy: str | None) -> None:
    """Kept and without effect: there is one device. ValueError for an unknown policy."""
    if device_policy not in (None, "explicit", "warn", "silent", "silent_for_int32"):
        raise ValueError(f"tf.config.experimental.set_device_policy: Not a valid device policy: {device_policy!r}")
    settings.policy = device_policy or "silent"


def get_synchronous_execution() -> bool:
    """True: every op has finished when its call returns."""
    return settings.synchronous


def set_synchronous_execution(enable: bool) -> None:
    """Kept and without effect."""
    settings.synchronous = bool(enable)


def enable_op_determinism() -> None:
    """Random ops without any seed raise RuntimeError from now on. All other ops give the same results on every run
    anyway."""
    require_seeds(True)


def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Kept and without effect: float32 products are computed in float32."""
    settings.tensor_float_32 = bool(enabled)


def tensor_float_32_execution_enabled() -> bool:
    """What `enable_tensor_float_32_execution` was last told; True at first, as in TensorFlow."""
    return settings.tensor_float_32


# tf.config.threading and tf.config.optimizer


def get_inter_op_parallelism_threads() -> int:
    """What was set; 0, "let the library choose", at first."""
    return settings.inter_op_threads


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Kept and without effect: one op runs at a time."""
    settings.inter_op_threads = int(num_threads)


def get_intra_op_parallelism_threads() -> int:
    """What was set; 0, "let the library choose", at first."""
    return settings.intra_op_threads


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Kept and without effect: how many threads a matrix product uses is the BLAS library's setting."""
    settings.intra_op_threads = int(num_threads)


def get_jit() -> str:
    """ "autoclustering" if `set_jit` asked for it, else an empty string."""
    return settings.jit


def set_jit(enabled: Any) -> None:
    """Kept and without effect: nothing is compiled behind a program's back. ValueError for what TensorFlow does not
    know."""
    known: dict[Any, str] = {True: "autoclustering", "autoclustering": "autoclustering", False: "", "": ""}
    if enabled not in known:
        raise ValueError(
            f"tf.config.optimizer.set_jit: Invalid argument: {enabled!r}; expected True, False or 'autoclustering'."
        )
    settings.jit = known[enabled]


def get_experimental_options() -> dict[str, Any]:
    """The options set so far."""
    return dict(settings.optimizer)


def set_experimental_options(options: dict[str, Any]) -> None:
    """Kept and without effect: there is no graph optimiser."""
    settings.optimizer.update(options)


# Names of devices


def _parse(name: str) -> tuple[str | None, int | None]:
    """The kind and number in a device's name, None where it does not say. ValueError for what is no such name."""
    kind: str | None = None
    index: int | None = None
    for part in filter(None, name.split("/")):
        match = re.fullmatch(r"(?i)(job|replica|task):[^:/]+|(?:device:)?([a-z_]+)(?::(\d+|\*))?", part)
        if match is None or (
            match[2]
            and match[2].upper() not in ("CPU", "GPU", "TPU", "XLA_CPU", "XLA_GPU")
            and not part.lower().startswith("device:")
        ):
            raise ValueError(
                f"tf.device: Unknown attribute {part!r} is encountered while parsing the device spec: {name!r}."
            )
        if match[2]:
            kind = match[2].upper()
            index = int(match[3]) if match[3] and match[3] != "*" else None
    return kind, index


def check_device_name(name: Any) -> None:
    """Refuses what is no device name and, without soft placement, any device but the CPU."""
    if name is None:
        return
    if hasattr(name, "to_string"):
        name = name.to_string()
    elif isinstance(name, (LogicalDevice, PhysicalDevice)):
        name = name.name.replace("/physical_device:", "/device:")
    if not isinstance(name, str):
        raise ValueError(f"tf.device: Expecting a string device name. Got {type(name)}({name!r})")
    kind, index = _parse(name)
    if not settings.soft_placement and (kind not in (None, "CPU") or index not in (None, 0)):
        raise InvalidArgumentError(
            None, None,
            f"tf.device: {name} unknown device; there is one, /device:CPU:0. Allow the CPU instead: "
            "tf.config.set_soft_device_placement(True).",
        )  # fmt: skip
