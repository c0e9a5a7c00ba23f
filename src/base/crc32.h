/* SPDX-License-Identifier: MIT */
/*
 * crc32: the checksum of zlib, PNG and Ethernet: polynomial 0x04c11db7, bits reflected. It finds
 * damage, not malice. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Gives the checksum of what `before` is the checksum of (0 = nothing yet) and then the n bytes at
 * `bytes`, borrowed.
 */
uint32_t crc32_add(uint32_t before, const void *bytes, size_t n);
