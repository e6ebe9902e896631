// until tests stand here
