// Signals that ask a run to stop.
#pragma once

// From now on SIGUSR1 and SIGUSR2 are noted instead of ending the process.
void CShims_note_stop_signals(void);
// The same for SIGTERM and SIGINT too, of which a second SIGINT ends the process as ever.
void CShims_catch_stop_signals(void);
// The last of them that has come, or 0.
int CShims_stop_signal(void);
