"""Tables whose rows stay as they are, whoever writes to the database: declared beside the model, held by triggers.

A model declares it with one class attribute, `protection = Protection("What the database answers.")`; every migrate
takes the triggers away before it begins and puts them back, made anew, when it ends (docs/architecture.md).
"""

from portal.core.protected.declared import Protection
from portal.core.protected.lifting import lifted

__all__ = ["Protection", "lifted"]
