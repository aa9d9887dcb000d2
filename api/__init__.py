"""The kubevirt.io contract: types, names, defaults, validation, CRD schema. Pure."""
