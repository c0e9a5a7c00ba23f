// SPDX-License-Identifier: MIT
// Every judge, in one process and with one server.
import './openai.test.mjs';
import './responses.test.mjs';
import './azure.test.mjs';
import './anthropic.test.mjs';
import './gemini.test.mjs';
import './ollama.test.mjs';
import './embeddings.test.mjs';
