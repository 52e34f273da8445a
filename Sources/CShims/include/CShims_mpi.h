// Named access to Open MPI's constants, which are pointer casts that Swift cannot import.
#pragma once
#include <mpi.h>

static inline MPI_Comm CShims_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm CShims_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Errhandler CShims_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Request CShims_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Info CShims_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Status *CShims_status_ignore(void) { return MPI_STATUS_IGNORE; }
static inline MPI_Status *CShims_statuses_ignore(void) { return MPI_STATUSES_IGNORE; }
static inline void *CShims_in_place(void) { return MPI_IN_PLACE; }

static inline MPI_Datatype CShims_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype CShims_int32(void) { return MPI_INT32_T; }
static inline MPI_Datatype CShims_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype CShims_uint64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype CShims_double(void) { return MPI_DOUBLE; }

static inline MPI_Op CShims_sum(void) { return MPI_SUM; }
static inline MPI_Op CShims_minimum(void) { return MPI_MIN; }
static inline MPI_Op CShims_maximum(void) { return MPI_MAX; }
