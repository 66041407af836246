"""The new-job screen: file, columns, environment, options, plan."""
