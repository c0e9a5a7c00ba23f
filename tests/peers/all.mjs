// SPDX-License-Identifier: MIT
// Every judge, in one process.
import './openai.test.mjs';
