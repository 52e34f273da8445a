// What is known about this build when it is made: see Package.swift.
#pragma once
const char *CBuild_version(void);
const char *CBuild_commit(void);
const char *CBuild_cpu(void);
const char *CBuild_compiler(void);
