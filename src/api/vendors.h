/* SPDX-License-Identifier: MIT */
/*
 * vendors: where a vendor's APIs are and with what key they open, as initializers of its rows.
 *
 * One vendor has several rows: for chats, for ranks, for vectors. Private to the room api.
 */
#pragma once

#define VENDOR_BEARER .auth_header = "Authorization: Bearer "

#define VENDOR_OPENAI                                                               \
	.base_url = "https://api.openai.com/v1", .base_url_env = "OPENAI_BASE_URL", \
	.key_env = "OPENAI_API_KEY", VENDOR_BEARER

#define VENDOR_AZURE                                                                              \
	.base_url_env = "AZURE_OPENAI_ENDPOINT", .key_env = "AZURE_OPENAI_API_KEY AZURE_API_KEY", \
	.auth_header = "api-key: "

#define VENDOR_GEMINI                                                                         \
	.base_url = "https://generativelanguage.googleapis.com",                              \
	.base_url_env = "GOOGLE_GEMINI_BASE_URL", .key_env = "GEMINI_API_KEY GOOGLE_API_KEY", \
	.auth_header = "x-goog-api-key: "

/* The key is that of a proxy before it, or of Ollama's cloud. */
#define VENDOR_OLLAMA \
	.base_url = "http://localhost:11434", .base_url_env = "OLLAMA_HOST", VENDOR_BEARER

#define VENDOR_MISTRAL \
	.base_url = "https://api.mistral.ai", .key_env = "MISTRAL_API_KEY", VENDOR_BEARER

#define VENDOR_COHERE                                                       \
	.base_url = "https://api.cohere.com", .base_url_env = "CO_API_URL", \
	.key_env = "CO_API_KEY COHERE_API_KEY", VENDOR_BEARER

#define VENDOR_VOYAGE \
	.base_url = "https://api.voyageai.com", .key_env = "VOYAGE_API_KEY", VENDOR_BEARER

#define VENDOR_JINA .base_url = "https://api.jina.ai", .key_env = "JINA_API_KEY", VENDOR_BEARER

#define VENDOR_TOGETHER_AI                                                              \
	.base_url = "https://api.together.xyz/v1", .base_url_env = "TOGETHER_BASE_URL", \
	.key_env = "TOGETHER_API_KEY TOGETHERAI_API_KEY TOGETHER_AI_API_KEY", VENDOR_BEARER

#define VENDOR_OPENROUTER \
	.base_url = "https://openrouter.ai/api/v1", .key_env = "OPENROUTER_API_KEY", VENDOR_BEARER

#define VENDOR_FIREWORKS_AI                                  \
	.base_url = "https://api.fireworks.ai/inference/v1", \
	.key_env = "FIREWORKS_API_KEY FIREWORKS_AI_API_KEY", VENDOR_BEARER

#define VENDOR_NVIDIA_NIM                                  \
	.base_url = "https://integrate.api.nvidia.com/v1", \
	.key_env = "NVIDIA_NIM_API_KEY NVIDIA_API_KEY", VENDOR_BEARER
