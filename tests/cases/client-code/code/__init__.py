"""Reports."""


class Reports: ...


class AsyncReports: ...
