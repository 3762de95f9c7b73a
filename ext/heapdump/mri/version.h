/*
 * The version of Ruby for which this is compiled, as one number: 304 for 3.4. The tests compile for
 * versions that do not exist.
 */
#ifndef HEAPDUMP_MRI_VERSION_H
#define HEAPDUMP_MRI_VERSION_H

#include <ruby/version.h>

#ifndef HD_RUBY
#    define HD_RUBY (RUBY_API_VERSION_MAJOR * 100 + RUBY_API_VERSION_MINOR)
#endif

#endif
