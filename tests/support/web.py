"""HTTP requests that wait for as long as it takes: those of httpx2 give up after 5 s by default."""

from functools import partial

import httpx2
from waiting import PATIENCE

delete = partial(httpx2.delete, timeout=PATIENCE)
get = partial(httpx2.get, timeout=PATIENCE)
head = partial(httpx2.head, timeout=PATIENCE)
options = partial(httpx2.options, timeout=PATIENCE)
post = partial(httpx2.post, timeout=PATIENCE)
stream = partial(httpx2.stream, timeout=PATIENCE)
