/* SPDX-License-Identifier: MIT */
#include "base/crc32.h"

#include "t.h"

TEST("checksums are zlib's")
{
	unsigned char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	CHECK_INT(crc32_add(0, "", 0), 0);
	CHECK_INT(crc32_add(0, "a", 1), 0xe8b7be43);
	CHECK_INT(crc32_add(0, "123456789", 9), 0xcbf43926);
	CHECK_INT(crc32_add(0, "\0\0\0\0", 4), 0x2144df1c);
	CHECK_INT(crc32_add(0, all, sizeof all), 0x29058c73);
}

TEST("what comes in pieces has the same checksum")
{
	CHECK_INT(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
	CHECK_INT(crc32_add(0xcbf43926, "", 0), 0xcbf43926);
}
