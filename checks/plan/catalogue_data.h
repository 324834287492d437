/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CATALOGUE_DATA_H
#define CHECKS_CATALOGUE_DATA_H

#include <stddef.h>

/*
 * The files of checks/catalogue/, concatenated in the order of their names; written
 * by cmake/embed_catalogue.cmake.
 */
extern const unsigned char catalogue_data[];
extern const size_t catalogue_data_len;
extern const char catalogue_data_version[];
extern const char catalogue_data_date[];
extern const char catalogue_data_sha256[65];

#endif
