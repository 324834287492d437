/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_INBOUND_WORDS_H
#define CHECKS_INBOUND_WORDS_H

#include "checks/facts/inbound_facts.h"

/* What was seen of a watched port, in words. */

/** The required service tag, or what stands for it. */
const char *inbound_service(const struct judging *j);

/** Whose connections it is about: the tag, "public addresses", "other addresses". */
const char *inbound_from_words(const struct judging *j, enum inbound_from from);

/** "1 connection", "5 connections". */
const char *inbound_connections(struct judging *j, unsigned n);

/** "a program listens on the port", and so on. */
const char *inbound_listening_words(const struct inbound_facts *f);

/** Says who listens, as evidence. */
void inbound_say_listeners(struct judging *j, const struct inbound_facts *f);

/** Says who came and what they met: those who count first, then some others. */
void inbound_say_peers(struct judging *j, const struct inbound_facts *f);

#endif
