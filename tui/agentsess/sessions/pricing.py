"""What models cost and hold, as the genai-prices package knows it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from agentsess.model import Usage

_PROVIDER = "anthropic"


def cost_usd(model: str, usage: Usage, at: datetime | None = None) -> float | None:
    """What a request with this usage cost; None when the model's price is not known.

    Args:
        model: The model's name, as the API gives it.
        usage: Tokens of the request.
        at: When it was made, for prices have changed; None: now.
    """
    # imported on the first call: it takes as long as the whole program's start
    import genai_prices

    counts = genai_prices.Usage(
        input_tokens=usage.input + usage.cache_read + usage.cache_write,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    try:
        price = genai_prices.calc_price(
            counts, model, provider_id=_PROVIDER, genai_request_timestamp=at
        )
    except (LookupError, ValueError):
        return None
    return float(price.total_price)


@lru_cache(maxsize=256)
def context_window(model: str) -> int | None:
    """How many tokens the model can hold; None when that is not known."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, info = get_snapshot().find_provider_model(model, None, _PROVIDER, None)
    except LookupError:
        return None
    return info.context_window
