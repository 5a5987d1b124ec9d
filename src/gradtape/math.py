"""`tf.math`: re-exports."""
