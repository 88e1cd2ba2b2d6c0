"""The embedded engine for cosmetics commerce: stock, expiry, forecasts, purchases, recommendations, feedback.

>>> import trousse as tr
>>> shop = tr.memory(open_catalog=True)
>>> shop.receive(id="asn-7:1", sku="LIP-01", lot="A1", expires_on="2099-06-30", quantity=48, location="paris").resolved
True
>>> hold = shop.reserve(id="order-1001", lines={"LIP-01": 2}, location="paris")
>>> [(taken.lot, taken.quantity) for taken in shop.commit(id="pay-1001", hold=hold.id).lots]
[('A1', 2)]
"""

from ._core import version as _version
from ._generated import *  # noqa: F403
from ._generated import __all__ as _generated_names
from ._follow import Follower, follow
from ._forecaster import Forecaster
from .errors import Error, Rejected
from .frames import Rows, Table

__version__: str = _version()
__all__ = [*_generated_names, "Error", "Follower", "Forecaster", "Rejected", "Rows", "Table", "__version__", "follow"]
