// Counts the allocations of the thread that asks for it, in programs that link this target: for a test only.
#pragma once

void CAllocationCount_start(void);
// The allocations since the start, by this thread.
long CAllocationCount_stop(void);
