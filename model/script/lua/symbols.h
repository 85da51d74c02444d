// SPDX-License-Identifier: Apache-2.0
//
// The two functions of the C library that Lua's arithmetic and printing would take from
// the platform, replaced for the whole binary.
//
// pow: Lua's `^` calls it; the library's differs in the last place between platforms, so
// this one forwards to sim::Pow. __snprintf_chk: Lua prints floats with it (Debian builds
// Lua with _FORTIFY_SOURCE, hence the name), and glibc prints the NaN that x86 makes as
// "-nan" but that of aarch64 as "nan"; this one always prints "nan".
//
// Lua is linked statically, so its references bind to these definitions. They are pulled
// in by whoever calls the functions below.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_SYMBOLS_H_
#define TXGSIM_MODEL_SCRIPT_LUA_SYMBOLS_H_

#include <cstdint>

namespace model {

// How often this thread's Lua code has called the replaced pow(): for the test that it does.
int64_t PortablePowCalls();

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_SYMBOLS_H_
