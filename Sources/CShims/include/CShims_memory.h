// Memory policy of the C library.
#pragma once

// Blocks of a megabyte and more go back to the system when they are freed, instead of leaving holes that count as used.
void CShims_return_large_blocks(void);
