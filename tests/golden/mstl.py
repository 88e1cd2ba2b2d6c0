"""Makes the numbers in `core/src/forecast/mstl_tests.rs`: statsmodels 0.15.0, numpy 2.4.6.

STL of statsmodels in the loop of MSTL (Bandara et al. 2021, algorithm 1) with the windows and jumps of R's
`forecast::mstl` and `stl`. The periods are even: statsmodels refuses the low-pass window that R takes for odd ones.
"""

import math

import numpy as np
from statsmodels.tsa.seasonal import STL


def odd(x):
    return int(x) + 1 - int(x) % 2


def tenth(x):
    return math.ceil(x / 10)


def mstl(y, periods, rounds=2):
    seasonal = np.zeros((len(periods), len(y)))
    rest = y.copy()
    for _ in range(rounds):
        for i, period in enumerate(periods):
            rest = rest + seasonal[i]
            window = 11 + 4 * i
            trend, low = odd(math.ceil(1.5 * period / (1 - 1.5 / window))), odd(period)
            fit = STL(
                rest, period=period, seasonal=window, trend=trend, low_pass=low, seasonal_deg=0, trend_deg=1,
                low_pass_deg=1, seasonal_jump=tenth(window), trend_jump=tenth(trend), low_pass_jump=tenth(low),
            ).fit(inner_iter=2, outer_iter=0)
            seasonal[i] = fit.seasonal
            rest = rest - seasonal[i]
    return fit.trend, seasonal


t = np.arange(96)
season = np.array([4, -2, 1, -3, 0, 2])[t % 6] * (1 + t / 200)
y = 100 + 0.5 * t + season + 6 * np.sin(2 * np.pi * t / 28) + ((t * t * 7 + 13 * t) % 11 - 5) * 0.3
trend, seasonal = mstl(y, [6, 28])
for k in (0, 1, 30, 47, 70, 94, 95):
    print(k, round(float(trend[k]), 9), round(float(seasonal[0][k]), 9), round(float(seasonal[1][k]), 9))
