#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pllm-mock itself, seen by a reader that shares nothing with it or with pllm.

load helper

@test "every API of the mock is answered, streamed, refused and signed as its vendor has it" {
	"${PYTHON3:-python3}" "$top/tests/mock/dialects.py" "$PLLM_MOCK"
}
