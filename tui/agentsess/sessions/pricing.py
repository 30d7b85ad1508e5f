"""What models cost and hold, as the genai-prices package knows it: no table of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agentsess.clock import utc_now
from agentsess.model import Entry, Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

_PROVIDER = "anthropic"
_USUAL_SPEEDS = ("", "standard")


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars for a million tokens, in requests with prompts of a certain length."""

    input: float
    output: float
    cache_read: float
    cache_write: float


def cost_usd(
    model: str,
    usage: Usage,
    at: datetime | None = None,
    *,
    prompt: int | None = None,
    speed: str = "",
) -> float | None:
    """What requests cost; None when the model's price is not known.

    Args:
        model: The model's name, as the API gives it.
        usage: What the requests took.
        at: When they were made, for prices change; None: now.
        prompt: Tokens in each one's prompt, for long ones may cost more; None: it is one request.
        speed: What the API says of their speed, for ``fast`` costs more.
    """
    prices = _prices(model, at or utc_now(), usage.prompt if prompt is None else prompt, speed)
    if prices is None:
        return None
    # imported on the first call: it takes as long as the whole program's start
    import genai_prices

    counts = genai_prices.Usage(
        input_tokens=usage.prompt,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_tokens=usage.output,
        web_searches=usage.web_searches,
    )
    try:
        return float(prices.calc_price(counts)["total_price"])
    except ValueError:
        return None


def entry_cost(entry: Entry) -> float | None:
    """What the request behind an entry cost: as it says, else by its model's price."""
    if (noted := entry.meta.get("cost_usd")) is not None:
        return float(noted)
    return cost_usd(str(entry.meta.get("model") or ""), entry.usage, entry.at)


def is_priced(model: str) -> bool:
    """Whether the model's price is known; the first time this takes a while."""
    return _info(model) is not None


def rates(model: str, prompt: int, at: datetime | None = None) -> Rates | None:
    """What tokens cost in a request with a prompt of that many; None when that is not known."""
    million = 1_000_000
    sorts = (
        Usage(input=million),
        Usage(output=million),
        Usage(cache_read=million),
        Usage(cache_write=million),
    )
    costs = [cost_usd(model, usage, at, prompt=prompt) for usage in sorts]
    known = [cost for cost in costs if cost is not None]
    return Rates(*known) if len(known) == len(sorts) else None


def context_window(model: str) -> int | None:
    """How many tokens the model can hold; None when that is not known."""
    info = _info(model)
    return info.context_window if info else None


@lru_cache(maxsize=256)
def _info(model: str) -> ModelInfo | None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, info = get_snapshot().find_provider_model(model, None, _PROVIDER, None)
    except (LookupError, ValueError):
        return None
    return info


def _prices(model: str, at: datetime, prompt: int, speed: str) -> ModelPrice | None:
    """The prices on that day of requests with prompts of that length, all of them flat."""
    from genai_prices.types import ModelPrice

    if (info := _info(model)) is None:
        return None
    context = {}
    if speed not in _USUAL_SPEEDS:
        context["speed"] = speed
        if not any(variant.when == context for variant in info.price_variants or ()):
            return None
    prices = info.get_prices(at.astimezone(UTC), context)
    return ModelPrice(**{name: _flat(price, prompt) for name, price in vars(prices).items()})


def _flat(price: Any, prompt: int) -> Any:
    """Of a price in steps, the one that all tokens of such a request have."""
    from genai_prices.types import TieredPrices

    if not isinstance(price, TieredPrices):
        return price
    reached = [tier.price for tier in price.tiers if prompt > tier.start]
    return reached[-1] if reached else price.base
