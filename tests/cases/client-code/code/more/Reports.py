"""Reports."""


class Reports: ...


class AsyncReports: ...


class Totals: ...
