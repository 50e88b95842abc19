import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0002_names_of_applications"),
    ]

    operations = [
        migrations.AlterField(
            model_name="application",
            name="original",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="mirrors",
                to="sandbox.application",
            ),
        ),
        migrations.AlterField(
            model_name="deployment",
            name="release",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="deployments",
                to="sandbox.release",
            ),
        ),
    ]
