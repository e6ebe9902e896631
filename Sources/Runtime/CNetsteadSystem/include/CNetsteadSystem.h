#pragma once
#include "OpenBeneath.h"
#include "Namespace.h"
