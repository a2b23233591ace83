"""Style and script of the HTML report, put into the page in the order of `page.SCRIPTS`."""
