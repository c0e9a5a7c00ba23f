/* SPDX-License-Identifier: MIT */
/*
 * Half a byte at a time: sixteen entries can be read and checked, and some 300 MB/s are more than
 * any network brings.
 */
#include "base/crc32.h"

uint32_t crc32_add(uint32_t before, const void *bytes, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, /* 0-3 */
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, /* 4-7 */
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, /* 8-11 */
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c, /* 12-15 */
	};
	const uint8_t *at = bytes;
	uint32_t crc = ~before;
	for (size_t i = 0; i < n; i++) {
		crc ^= at[i];
		crc = table[crc & 15] ^ crc >> 4;
		crc = table[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}
