"""What calls cost: tokens by kind, prices with dates, sums by day, model, feature and purpose."""

from llm_eval_pipeline.costs.prices import UnpricedModelError, price

__all__ = ["UnpricedModelError", "price"]
