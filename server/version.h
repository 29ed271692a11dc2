/* server/version.h - which program this is; the version grows with every change that a user can see. */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

#define SEATMETER_VERSION "0.1.0"

#endif
