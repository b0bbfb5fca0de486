/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_LOG2_H
#define FAKE_LINUX_LOG2_H

#define ilog2(n)	(63 - __builtin_clzll(n))

#endif
