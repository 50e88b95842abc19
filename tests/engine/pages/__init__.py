"""Pages of ``docs`` whose commands are run, in the page's order, and compared with what the page quotes."""
