"""Applications that are traced: the same small RAG pipeline plain, with LangChain, and with LlamaIndex."""
