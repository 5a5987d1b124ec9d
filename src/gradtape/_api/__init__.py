"""Ring 5: the public functions, in chapters. Each is a plain typed `def` with TensorFlow's signature that turns
TensorFlow's many argument forms into an op's canonical inputs and attributes; the namespaces (`tf`, `tf.math`, `tf.nn`
...) re-export them by name.
"""
