"""Greeks of European options from one persistent tape and one around it, in float64, against the textbook formulas."""

import numpy as np
import tensorflow as tf


def price(spot, strike, vol, rate, years, sign):
    root = vol * tf.sqrt(years)
    d1 = (tf.math.log(spot / strike) + (rate + vol * vol / 2.0) * years) / root
    cdf = lambda z: 0.5 * (1.0 + tf.math.erf(z / np.sqrt(2.0)))
    return sign * (spot * cdf(sign * d1) - strike * tf.exp(-rate * years) * cdf(sign * (d1 - root)))


spot = tf.constant([80.0, 95.0, 100.0, 110.0, 140.0], dtype=tf.float64)
strike = tf.constant(100.0, dtype=tf.float64)
vol, rate, years = (tf.constant(v, dtype=tf.float64) for v in (0.25, 0.03, 0.75))

for kind, sign in (("call", 1.0), ("put", -1.0)):
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([spot, vol])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([spot, vol, rate, years])
            value = price(spot, strike, vol, rate, years, sign)
        delta, vega, rho, theta = tape.gradient(value, [spot, vol, rate, years])
    gamma = outer.gradient(delta, spot)
    vanna = outer.gradient(delta, vol)
    volga = outer.gradient(vega, vol)
    print(kind)
    print("  price", value.numpy())
    print("  delta", delta.numpy())
    print("  gamma", gamma.numpy())
    print(f"  summed over the spots: vega {vega:.8f}, rho {rho:.8f}, theta {-theta:.8f}")
    print(f"  summed over the spots: vanna {vanna:.8f}, volga {volga:.8f}")
    del tape, outer
    if kind == "call":
        call, call_delta = value, delta
        d1 = (np.log(spot / 100.0) + (0.03 + 0.25**2 / 2) * 0.75) / (0.25 * np.sqrt(0.75))
        textbook = np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi) / (spot.numpy() * 0.25 * np.sqrt(0.75))
        print("  gamma as in the textbook:", np.allclose(gamma, textbook, rtol=1e-12))

parity = call - value - (spot - strike * tf.exp(-rate * years))
print("put-call parity holds:", bool(tf.reduce_all(tf.abs(parity) < 1e-11)))
print("delta of call less delta of put:", np.round((call_delta - delta).numpy(), 12))
