"""A small Django project with one package. Its modules run in the environments of the old and of the new release.

They import nothing of this repository but each other and ``django_mirrors``, whose wheel the environments have.
"""
