exec flux run --nodes={{{nodes}}} --ntasks={{{nodes}}} --exclusive sh -c "$node" sh "$@"
