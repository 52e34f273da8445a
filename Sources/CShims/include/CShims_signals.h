// Signals that ask a run to stop.
#pragma once

// From now on SIGUSR1, SIGUSR2 and SIGTERM are noted instead of ending the process.
void CShims_note_stop_signals(void);
// SIGTERM ends the process again, also one that was noted.
void CShims_release_termination(void);
// SIGINT is noted too; a second one ends the process as ever.
void CShims_catch_stop_signals(void);
// The last of them that has come, or 0.
int CShims_stop_signal(void);
