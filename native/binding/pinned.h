#pragma once

namespace ostinato {

// Keeps this module in memory until the process ends: the threads of the pool run its code, also after the
// worker_thread that loaded it has ended, upon which Node unloads it. On Linux the linker's -z nodelete does the same.
void keepLoaded();

}  // namespace ostinato
