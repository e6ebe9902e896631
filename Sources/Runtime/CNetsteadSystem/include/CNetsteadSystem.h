#pragma once
#include "OpenBeneath.h"
