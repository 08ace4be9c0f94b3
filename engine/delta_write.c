#include "engine/delta.h"
#include "engine/delta_run.h"
