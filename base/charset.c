#include "base/charset.h"
