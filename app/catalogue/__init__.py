"""The KPIs as data: what each one means, what it reads, how it is exported, watched and explained.

Pure: the files of the package are read once, nothing else is touched. `app.catalogue.load` reads, `app.catalogue.model`
says what a KPI consists of, `app.catalogue.naming` has every generated metric and label name.
"""
