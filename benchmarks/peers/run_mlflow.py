"""``mlflow.genai.evaluate`` with a ``make_judge`` judge, its rate limits off, 64 workers, on a SQLite store."""

import json
import os
import sys

if __name__ == "__main__":
    url, concurrency = sys.argv[1], sys.argv[3]
    os.environ |= {
        "MLFLOW_GENAI_EVAL_MAX_WORKERS": concurrency,
        "MLFLOW_GENAI_EVAL_PREDICT_RATE_LIMIT": "0",
        "MLFLOW_GENAI_EVAL_SCORER_RATE_LIMIT": "0",
        "MLFLOW_GENAI_EVAL_SKIP_TRACE_VALIDATION": "true",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": concurrency,
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": concurrency,
        "OPENAI_API_KEY": "none",
    }
    import mlflow
    from mlflow.genai import evaluate, make_judge
    from openai import OpenAI

    mlflow.set_tracking_uri("sqlite:///mlflow.sqlite")
    mlflow.set_experiment("bench")
    client = OpenAI(base_url=url, api_key="none")

    @mlflow.trace
    def predict(question: str) -> str:
        """The endpoint's answer."""
        reply = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
        return reply.choices[0].message.content or ""

    judge = make_judge(
        name="quality",
        instructions="Grade {{ outputs }} as an answer to {{ inputs }}, expected {{ expectations }}, from 0 to 1.",
        model="openai:/gpt-4o-mini",
        base_url=f"{url}/chat/completions",
        feedback_value_type=float,
    )
    with open(sys.argv[2], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    result = evaluate(
        data=[
            {"inputs": {"question": row["question"]}, "expectations": {"expected_response": row["reference"]}}
            for row in rows
        ],
        predict_fn=predict,
        scorers=[judge],
    )
    assert result.result_df is not None
    print(json.dumps({"scored": int(result.result_df["quality/value"].notna().sum())}))
