"""Language models: hosted services that speak the OpenAI protocol, and llama.cpp on this machine."""
