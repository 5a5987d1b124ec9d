"""Where and how a program runs: devices, tf.config, order of execution, versions, loggers."""

from __future__ import annotations

import contextlib
import time

import pytest

from tests.semantics.support import differs, fresh, same, tf

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


def test_execution_is_eager():
    assert tf.executing_eagerly()
    with tf.init_scope():
        same(tf.constant(1.0) + 1.0, 2.0)


def test_there_is_a_cpu_and_no_gpu():
    cpus = tf.config.list_physical_devices("CPU")
    assert [(d.name, d.device_type) for d in cpus] == [("/physical_device:CPU:0", "CPU")]
    assert tf.config.list_physical_devices("GPU") == []
    assert tf.config.list_physical_devices("TPU") == []
    assert cpus[0] in tf.config.list_physical_devices()
    assert tf.config.experimental.list_physical_devices("GPU") == []
    assert [d.name for d in tf.config.list_logical_devices("CPU")] == ["/device:CPU:0"]
    assert tf.config.get_visible_devices("GPU") == []


def test_programs_that_look_for_gpus_run():
    gpus = tf.config.experimental.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.set_visible_devices([], "GPU")
    tf.config.set_soft_device_placement(True)
    assert tf.config.get_soft_device_placement()
    assert tf.config.experimental.VirtualDeviceConfiguration(memory_limit=10).memory_limit == 10
    tf.config.optimizer.set_jit(False)
    assert tf.config.optimizer.get_jit() == ""


def test_what_needs_a_gpu_is_an_error():
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    with pytest.raises(ValueError, match="Unrecognized device"):
        tf.config.experimental.set_memory_growth(gpu, True)
    with pytest.raises(ValueError, match="Cannot set memory growth on non-GPU"):
        tf.config.experimental.set_memory_growth(tf.config.list_physical_devices("CPU")[0], True)
    with pytest.raises(ValueError, match="Unrecognized device"):
        tf.config.experimental.set_virtual_device_configuration(gpu, [])
    with pytest.raises(ValueError):
        tf.config.experimental.get_memory_info("GPU:0")


NAMES = ["/CPU:0", "cpu:0", "CPU", "/GPU:0", "/device:GPU:0", "gpu", "/TPU:0", "/cpu:0", None, "", CPU, "/device:CPU:0"]


@pytest.mark.parametrize("name", NAMES)
def test_every_device_is_the_cpu(name):
    with tf.device(name):
        assert tf.constant(1.0).device == CPU


def test_what_is_no_device():
    for bad in ("bad", 3):
        with pytest.raises(ValueError), tf.device(bad):
            pass
    with pytest.raises(RuntimeError, match="does not support functions"), tf.device(lambda op: "/CPU:0"):
        pass


def test_without_soft_placement_a_gpu_is_an_error():
    assert fresh("""
        tf.config.set_soft_device_placement(False)
        with tf.device("/CPU:0"):
            tf.constant(1.0) + 1.0
        try:
            with tf.device("/GPU:0"):
                tf.constant(1.0) + 1.0
        except Exception as error:
            answer(isinstance(error, tf.errors.InvalidArgumentError))
        else:
            answer("no error")
    """)


def test_order_of_execution():
    with tf.control_dependencies([tf.constant(1)]), tf.control_dependencies(None):
        same(tf.constant(1.0), 1.0)
    with pytest.raises(TypeError):
        tf.control_dependencies(3)
    assert tf.group(tf.constant(1), [tf.constant(2)], name="a") is None
    assert tf.no_op() is None


@differs("TensorFlow looks at its keywords in graphs only")
def test_group_knows_its_keywords():
    with pytest.raises(ValueError, match=r"Unknown keyword arguments: \['bad'\]"):
        tf.group(1, bad=2)


def test_timestamp():
    stamp = tf.timestamp()
    assert stamp.dtype == tf.float64
    assert abs(float(stamp) - time.time()) < 5


def test_versions():
    assert tf.version.VERSION.startswith("2.")
    assert isinstance(tf.version.GIT_VERSION, str)


def test_the_logger_can_be_silenced():
    logger = tf.get_logger()
    level = logger.level
    with contextlib.ExitStack() as stack:
        stack.callback(logger.setLevel, level)
        logger.setLevel("ERROR")
        assert not logger.isEnabledFor(30)
