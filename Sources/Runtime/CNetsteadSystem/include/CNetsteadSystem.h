#pragma once
#include "Namespace.h"
